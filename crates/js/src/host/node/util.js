import util from "llrt:util";

export const promisify = (f) => (...args) =>
  new Promise((resolve, reject) => f(...args, (error, value) => (error ? reject(error) : resolve(value))));
export const inspect = (value) => util.format("%O", value);
export const { TextDecoder, TextEncoder, format, inherits } = util;
export default { ...util, promisify, inspect };
