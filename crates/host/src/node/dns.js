// `node:dns`: addresses of names, as the system finds them.
(native, use) => {
  const { absents, fail, invalidType, make, validateFunction, validateString } = use("node/errors");
  const { isIP } = use("node/net");
  const { lookup: find } = use("node/net_natives");

  const CODES = {
    NODATA: "ENODATA", FORMERR: "EFORMERR", SERVFAIL: "ESERVFAIL", NOTFOUND: "ENOTFOUND", NOTIMP: "ENOTIMP", REFUSED: "EREFUSED", BADQUERY: "EBADQUERY",
    BADNAME: "EBADNAME", BADFAMILY: "EBADFAMILY", BADRESP: "EBADRESP", CONNREFUSED: "ECONNREFUSED", TIMEOUT: "ETIMEOUT", EOF: "EOF", FILE: "EFILE",
    NOMEM: "ENOMEM", DESTRUCTION: "EDESTRUCTION", BADSTR: "EBADSTR", BADFLAGS: "EBADFLAGS", NONAME: "ENONAME", BADHINTS: "EBADHINTS",
    NOTINITIALIZED: "ENOTINITIALIZED", LOADIPHLPAPI: "ELOADIPHLPAPI", ADDRGETNETWORKPARAMS: "EADDRGETNETWORKPARAMS", CANCELLED: "ECANCELLED",
  };
  let order = "verbatim";

  function optionsOf(options) {
    if (typeof options === "number") options = { family: options };
    else if (options !== undefined && options !== null && typeof options !== "object") throw invalidType("options", "one of type integer or object", options);
    const { family: given = 0, all = false, order: wanted = options?.verbatim === false ? "ipv4first" : order } = options ?? {};
    const family = given === "IPv4" ? 4 : given === "IPv6" ? 6 : given;
    if (![0, 4, 6].includes(family)) fail(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.family' must be one of: 0, 4, 6. Received ${given}`);
    if (typeof all !== "boolean") throw invalidType("options.all", "of type boolean", all);
    return { family, all, wanted };
  }

  function notFound(hostname) {
    return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { errno: -3008, code: "ENOTFOUND", syscall: "getaddrinfo", hostname });
  }

  async function addresses(hostname, { family, wanted }) {
    if (isIP(hostname) !== 0) return [{ address: hostname, family: isIP(hostname) }];
    const found = [...new Set(await find(hostname))].map((address) => ({ address, family: isIP(address) }));
    const right = found.filter((entry) => family === 0 || entry.family === family);
    if (right.length === 0) throw notFound(hostname);
    if (wanted === "verbatim") return right;
    const first = wanted === "ipv6first" ? 6 : 4;
    return [...right.filter((entry) => entry.family === first), ...right.filter((entry) => entry.family !== first)];
  }

  function lookup(hostname, options, done) {
    if (hostname) validateString(hostname, "hostname");
    if (typeof options === "function") [options, done] = [undefined, options];
    validateFunction(done, "callback");
    const wanted = optionsOf(options);
    if (!hostname) {
      if (wanted.all) process.nextTick(done, null, []);
      else process.nextTick(done, null, null, wanted.family === 6 ? 6 : 4);
      return {};
    }
    addresses(hostname, wanted).then(
      (found) => (wanted.all ? process.nextTick(done, null, found) : process.nextTick(done, null, found[0].address, found[0].family)),
      (error) => process.nextTick(done, error),
    );
    return {};
  }
  Object.defineProperty(lookup, Symbol.for("nodejs.util.promisify.custom"), { value: (hostname, options) => promised(hostname, options), configurable: true });

  async function promised(hostname, options) {
    if (hostname) validateString(hostname, "hostname");
    const wanted = optionsOf(options);
    if (!hostname) return wanted.all ? [] : { address: null, family: wanted.family === 6 ? 6 : 4 };
    const found = await addresses(hostname, wanted);
    return wanted.all ? found : found[0];
  }

  const ORDERS = ["ipv4first", "ipv6first", "verbatim"];
  const setDefaultResultOrder = (value) => {
    if (!ORDERS.includes(value)) throw make(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'dnsOrder' must be one of: ${ORDERS.map((one) => `'${one}'`).join(", ")}. Received '${value}'`);
    order = value;
  };
  const getDefaultResultOrder = () => order;
  const ASKS = ["resolve", "resolve4", "resolve6", "resolveAny", "resolveCaa", "resolveCname", "resolveMx", "resolveNaptr", "resolveNs", "resolvePtr", "resolveSoa", "resolveSrv", "resolveTlsa", "resolveTxt", "reverse", "lookupService", "getServers", "setServers", "Resolver"];

  const promises = { ...absents("dns/promises", ASKS), lookup: promised, setDefaultResultOrder, getDefaultResultOrder, ...CODES };
  return { ...absents("dns", ASKS), lookup, setDefaultResultOrder, getDefaultResultOrder, promises, ADDRCONFIG: 32, ALL: 16, V4MAPPED: 8, ...CODES };
};
