// Programs over `fiber.h`: one per export. Each takes a count n, and a step costs (time(n) - time(1)) / n.
#include "fiber.h"

#define EXPORT(name) __attribute__((export_name(#name)))
// No multiple of a page: stacks whose ends share a set of the cache would measure the cache.
#define STACK 4288
#define FIBERS 8

static char stacks[FIBERS][STACK] __attribute__((aligned(16)));
static struct fiber fibers[FIBERS];

// The fibers of earlier calls are dropped; slots are not used twice, so each export is called twice at most.
static void make(int count, int (*entry)(int)) {
    for (int i = 0; i < count; i++) fiber_new(&fibers[i], entry, stacks[i] + STACK);
}

// c_generator: numbers whose last eight are kept in an array on the C stack.
static int numbers(int value) {
    volatile int last[8] = {0};
    for (int i = 0;; i++) {
        last[i & 7] = value;
        value = fiber_yield(value + 1);
    }
}

EXPORT(c_generator) int c_generator(int n) {
    make(1, numbers);
    int value = 0;
    for (int i = 0; i < n; i++) value = fiber_resume(&fibers[0], value);
    return value;
}

// c_tasks: eight tasks in turn, as a scheduler resumes them.
static int task(int turn) {
    volatile int done = 0;
    for (;;) {
        done += 1;
        turn = fiber_yield(done);
    }
}

EXPORT(c_tasks) int c_tasks(int n) {
    make(FIBERS, task);
    int sum = 0;
    for (int i = 0; i < n; i++) sum = fiber_resume(&fibers[i % FIBERS], i);
    return sum;
}

// c_walk: a walk of a binary tree that yields from inside the recursion.
struct node {
    struct node *left, *right;
    int value;
};

static struct node nodes[1023];

static void walk(const struct node *node) {
    if (!node) return;
    walk(node->left);
    fiber_yield(node->value);
    walk(node->right);
}

static int walks(int ignored) {
    for (;;) walk(&nodes[0]);
}

EXPORT(c_walk) int c_walk(int n) {
    for (int i = 0; i < 1023; i++) {
        nodes[i].left = 2 * i + 1 < 1023 ? &nodes[2 * i + 1] : 0;
        nodes[i].right = 2 * i + 2 < 1023 ? &nodes[2 * i + 2] : 0;
        nodes[i].value = i;
    }
    make(1, walks);
    int sum = 0;
    for (int i = 0; i < n; i++) sum += fiber_resume(&fibers[0], 0);
    return sum;
}
