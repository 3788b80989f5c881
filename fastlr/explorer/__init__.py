"""Schedules explored in the browser or in a notebook: sliders, several curves, code to copy."""
