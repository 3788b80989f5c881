"""Pictures of rates: Matplotlib plots, and small ones for notebooks and terminals."""
