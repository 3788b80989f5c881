"""From a schedule's tree to its program: opcodes, lowering, and the check of what was lowered."""
