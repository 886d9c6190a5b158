// What more than one of `node:net`, `node:dns` and `node:tls` has of the host's sockets.
(native) => native;
