// `node:sea`: no program here is a file of its own.
(native, use) => ({ ...use("node/errors").absents("sea", ["getAsset", "getRawAsset", "getAssetAsBlob", "getAssetKeys"]), isSea: () => false });
