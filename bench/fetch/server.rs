//! A server of HTTP/1.1 for `bench/fetch.sh`: a thread for each connection, which answers each request with its path.
//! Prints its port. `rustc -O server.rs`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn serve(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(first) = lines.next() {
        let first = first?;
        let path = first.split(' ').nth(1).unwrap_or("/").to_owned();
        // Requests have no bodies.
        while !lines.next().transpose()?.unwrap_or_default().is_empty() {}
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain";
        write!(answers, "{head}\r\nContent-Length: {}\r\n\r\n{path}", path.len())?;
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        // Who goes away is gone.
        thread::spawn(move || stream.and_then(serve).ok());
    }
    Ok(())
}
