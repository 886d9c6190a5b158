//! `fetch` against a server of a few lines: `tests/js/fetch/requests.mjs`.

use bident_host::{Options, Runtime};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Bytes of the long body.
const LONG: usize = 3_000_000;

#[test]
fn requests() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream));
        }
    });
    let exit = |status| panic!("process.exit({status})");
    let runtime = Runtime::new(&Options::default(), exit).expect("a runtime");
    let set = runtime.with(|ctx| ctx.globals().set("port", port));
    set.expect("the port");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/js/fetch/requests.mjs");
    assert_eq!(runtime.run(&path), 0, "status; what failed is on stderr");
}

/// Answers requests on one connection as long as they come.
fn serve(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let header = |name: &str| {
            let find = |line: &String| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            };
            lines.iter().find_map(find).unwrap_or_default()
        };
        let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let mut words = lines.first()?.split(' ');
        let (method, path) = (words.next()?, words.next()?);
        let (status, fields, body) = match path {
            "/text" => ("200 OK", "Content-Type: text/plain\r\n", b"hello".to_vec()),
            "/redirect" => ("302 Found", "Location: /text\r\n", Vec::new()),
            "/loop" => ("302 Found", "Location: /loop\r\n", Vec::new()),
            "/long" => ("200 OK", "", vec![b'x'; LONG]),
            "/echo" => {
                let (kind, name) = (header("content-type"), header("x-name"));
                let body = String::from_utf8(body).ok()?;
                let json = format!(
                    r#"{{"method":"{method}","type":"{kind}","name":"{name}","body":"{body}"}}"#
                );
                ("200 OK", "", json.into_bytes())
            }
            "/never" => {
                thread::sleep(Duration::from_secs(600));
                return None;
            }
            _ => ("404 Not Found", "", Vec::new()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&body).ok()?;
    }
}
