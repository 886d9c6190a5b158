// What the programs of this folder print with: the value that a function makes, or the error that it throws.
"use strict";

/** Errors of the language itself are worded by the engine: of them, only the class is shown. */
const isEngines = (error) =>
  ["TypeError", "RangeError", "SyntaxError", "ReferenceError"].includes(error?.name) && error.code === undefined;

const failed = (name, error) =>
  isEngines(error)
    ? console.log(name, error.name)
    : console.log(name, error?.name, error?.code, error?.message ?? error);

/** Prints `name` and what `make` returns or throws. */
exports.show = (name, make) => {
  try {
    console.log(name, make());
  } catch (error) {
    failed(name, error);
  }
};

/** The same, waiting for it. */
exports.wait = async (name, make) => {
  try {
    console.log(name, await make());
  } catch (error) {
    failed(name, error);
  }
};

// Standards of the Web leave messages to the host: of its errors only the class is shown.
const named = (name, error) => console.log(name, error?.name ?? error);

exports.web = {
  show(name, make) {
    try {
      console.log(name, make());
    } catch (error) {
      named(name, error);
    }
  },
  async wait(name, make) {
    try {
      console.log(name, await make());
    } catch (error) {
      named(name, error);
    }
  },
};
