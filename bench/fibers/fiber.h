// Fibers: functions that give a value and go on where they were when they are resumed.
#pragma once

#define FIBER_IMPORT(name) __attribute__((import_module("fiber"), import_name(#name)))

struct fiber {
    int slot;
    char *stack;
};

// Makes a fiber that will run `entry` on the stack whose end is given.
FIBER_IMPORT(new) void fiber_new(struct fiber *fiber, int (*entry)(int), char *stack);
// Goes on in a fiber, where `fiber_yield` gives `value`; gives what it yields or returns.
FIBER_IMPORT(resume) int fiber_resume(struct fiber *fiber, int value);
// Suspends the fiber that runs.
FIBER_IMPORT(yield) int fiber_yield(int value);
