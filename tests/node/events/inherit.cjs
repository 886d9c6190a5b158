// Emitters by class, by util.inherits, by Object.assign; listeners on prototypes.
const EventEmitter = require("events"),
  util = require("util");
class Door extends EventEmitter {
  open() {
    return this.emit("open", this.constructor.name);
  }
}
const door = new Door();
door.on("open", function (name) {
  console.log(name, this === door, arguments.length);
});
console.log(door.open(), new Door().open());
function Old() {
  EventEmitter.call(this);
}
util.inherits(Old, EventEmitter);
const old = new Old();
old.once("x", (v) => console.log("old", v));
console.log(old.emit("x", 1), old.emit("x", 2), old instanceof EventEmitter, Old.super_ === EventEmitter);
const mixed = Object.assign({}, EventEmitter.prototype);
mixed.on("y", () => console.log("mixed"));
console.log(mixed.emit("y"), mixed.listenerCount("y"));
const bare = Object.create(EventEmitter.prototype);
bare.on("z", () => console.log("bare"));
console.log(
  bare.emit("z"),
  Object.keys(door).join(),
  EventEmitter.EventEmitter === EventEmitter,
  EventEmitter.prototype._events === undefined,
);
console.log(
  typeof EventEmitter.once,
  EventEmitter.listenerCount(door, "open"),
  new EventEmitter().listeners("none"),
  door.rawListeners("open").length,
);
