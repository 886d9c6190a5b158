// `node:v8`: this host has it not; what is called says so.
(native, use) => {
  const { absents } = use("node/errors");
  return absents("v8", ["serialize", "deserialize", "getHeapStatistics", "getHeapSpaceStatistics", "setFlagsFromString", "writeHeapSnapshot", "Serializer", "Deserializer"]);
};
