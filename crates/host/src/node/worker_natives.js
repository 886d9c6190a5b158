// What a worker has of Rust's, and who starts one.
(native) => native;
