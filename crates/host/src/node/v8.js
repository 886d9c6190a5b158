// `node:v8`: values as bytes, and what is known of the heap.
(native, use) => {
  const { absents, fail, invalidType } = use("node/errors");
  const { Serializer, Deserializer, DefaultSerializer, DefaultDeserializer } = use("node/v8_format");

  function serialize(value) {
    const serializer = new DefaultSerializer();
    serializer.writeHeader();
    serializer.writeValue(value);
    return serializer.releaseBuffer();
  }

  function deserialize(buffer) {
    if (!ArrayBuffer.isView(buffer)) fail(TypeError, "ERR_INVALID_ARG_TYPE", "buffer must be a TypedArray or a DataView");
    const deserializer = new DefaultDeserializer(buffer);
    deserializer.readHeader();
    return deserializer.readValue();
  }

  // The host knows what the process has; V8's own parts are 0.
  function getHeapStatistics() {
    const { heapTotal, heapUsed, external } = process.memoryUsage();
    return {
      total_heap_size: heapTotal, total_heap_size_executable: 0, total_physical_size: heapTotal,
      total_available_size: process.availableMemory(), used_heap_size: heapUsed, heap_size_limit: process.availableMemory() + heapTotal,
      malloced_memory: heapUsed, peak_malloced_memory: heapUsed, does_zap_garbage: 0, number_of_native_contexts: 1,
      number_of_detached_contexts: 0, total_global_handles_size: 0, used_global_handles_size: 0, external_memory: external,
      total_allocated_bytes: heapUsed,
    };
  }

  const getHeapSpaceStatistics = () => [];
  const getHeapCodeStatistics = () => ({ code_and_metadata_size: 0, bytecode_and_metadata_size: 0, external_script_source_size: 0, cpu_profiler_metadata_size: 0 });
  const setFlagsFromString = (flags) => {
    if (typeof flags !== "string") throw invalidType("flags", "of type string", flags);
  };

  return {
    ...absents("v8", ["getHeapSnapshot", "writeHeapSnapshot", "takeCoverage", "stopCoverage", "startCpuProfile", "queryObjects", "GCProfiler", "getCppHeapStatistics", "setHeapProfileNearHeapLimit", "startHeapProfile"]),
    cachedDataVersionTag: () => 0, serialize, deserialize, Serializer, Deserializer, DefaultSerializer, DefaultDeserializer,
    getHeapStatistics, getHeapSpaceStatistics, getHeapCodeStatistics, setFlagsFromString, setHeapSnapshotNearHeapLimit: () => {}, isStringOneByteRepresentation: (text) => !/[^\0-\xff]/.test(text),
    startupSnapshot: { isBuildingSnapshot: () => false },
  };
};
