# Compile the static library libfastlr.a in the current folder:
#
#     make -f "$(python -c 'import fastlr; print(fastlr.get_include())')/static.mk"
#
# CC, AR and CFLAGS are yours, for instance CC=aarch64-linux-gnu-gcc for another machine.
sources := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
names := $(notdir $(basename $(wildcard $(sources)*.c)))
CFLAGS ?= -O2

libfastlr.a: $(names:%=fastlr-%.o)
	$(AR) rcs $@ $^

fastlr-%.o: $(sources)%.c $(wildcard $(sources)*.h)
	$(CC) -std=c11 -fPIC $(CFLAGS) -ffp-contract=off -I$(sources) -c $< -o $@
