// Where channels of one name meet across threads, for `web/messages`.
(native) => native;
