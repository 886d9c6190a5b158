import process from "node:process";

export const EventEmitter = Object.getPrototypeOf(Object.getPrototypeOf(process).constructor);

export function once(emitter, event) {
  return new Promise((resolve, reject) => {
    const failed = (error) => (emitter.off(event, happened), reject(error));
    const happened = (...args) => (emitter.off("error", failed), resolve(args));
    emitter.once(event, happened);
    if (event !== "error") emitter.once("error", failed);
  });
}

export default Object.assign(EventEmitter, { EventEmitter, once });
