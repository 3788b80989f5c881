"""Turn a schedule's tree into a program: opcodes, tree, lowering, packing and verification."""
