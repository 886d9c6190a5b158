//! The parsing behind `URL`, `URLSearchParams` and `node:url`: what `url.js` is built on, and the internal
//! module `host:url`.

use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, Exception, JsLifetime, Object, Result};
use std::cell::RefCell;
use url::{Url, form_urlencoded, quirks};

/// `{ parse(text, base), pairs(query), query(pairs) }`; pairs lie in a flat list.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("parse", Func::from(parse))?;
    natives.set("pairs", Func::from(pairs))?;
    natives.set("query", Func::from(query))?;
    Ok(natives)
}

/// A parsed URL, which `URL` reads and writes by the names of its own properties.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Record {
    #[qjs(skip_trace)]
    url: RefCell<Url>,
}

fn parse<'js>(
    ctx: Ctx<'js>,
    text: String,
    base: Option<String>,
) -> Result<Option<Class<'js, Record>>> {
    let url = match base {
        Some(base) => Url::parse(&base).and_then(|base| base.join(&text)),
        None => Url::parse(&text),
    };
    let record = |url| Record {
        url: RefCell::new(url),
    };
    let url = url.ok();
    url.map(|url| Class::instance(ctx, record(url))).transpose()
}

#[rquickjs::methods]
impl Record {
    fn get(&self, part: String) -> String {
        let url = self.url.borrow();
        match part.as_str() {
            "hash" => quirks::hash(&url),
            "host" => quirks::host(&url),
            "hostname" => quirks::hostname(&url),
            "origin" => return origin(&url),
            "password" => quirks::password(&url),
            "pathname" => quirks::pathname(&url),
            "port" => quirks::port(&url),
            "protocol" => quirks::protocol(&url),
            "search" => quirks::search(&url),
            "username" => quirks::username(&url),
            _ => quirks::href(&url),
        }
        .to_owned()
    }

    /// Sets a part. What cannot be is ignored, as the standard asks, but for `href`: then it throws.
    fn set(&self, ctx: Ctx<'_>, part: String, value: String) -> Result<()> {
        let url = &mut *self.url.borrow_mut();
        match part.as_str() {
            "hash" => quirks::set_hash(url, &value),
            "host" => drop(quirks::set_host(url, &value)),
            // With a port behind it, a host name is none.
            "hostname" if has_port(&value) => {}
            "hostname" => drop(quirks::set_hostname(url, &value)),
            "password" => drop(quirks::set_password(url, &value)),
            "pathname" => quirks::set_pathname(url, &value),
            "port" => drop(quirks::set_port(url, &value)),
            "protocol" => drop(quirks::set_protocol(url, &value)),
            "search" => quirks::set_search(url, &value),
            "username" => drop(quirks::set_username(url, &value)),
            _ => {
                return quirks::set_href(url, &value).map_err(|error| {
                    Exception::throw_type(&ctx, &format!("Invalid URL: {error}"))
                });
            }
        }
        Ok(())
    }
}

/// The origin. The URL in that of a blob counts only where it is one of a page or a file.
fn origin(url: &Url) -> String {
    let is_foreign = |inner: Url| !matches!(inner.scheme(), "http" | "https" | "file");
    if url.scheme() == "blob" && Url::parse(url.path()).is_ok_and(is_foreign) {
        return "null".to_owned();
    }
    quirks::origin(url)
}

/// Whether a colon stands behind what may be an IPv6 address in brackets.
fn has_port(host: &str) -> bool {
    host.rfind(':')
        .is_some_and(|colon| !host[colon..].contains(']'))
}

fn pairs(query: String) -> Vec<String> {
    form_urlencoded::parse(query.as_bytes())
        .flat_map(|(key, value)| [key.into_owned(), value.into_owned()])
        .collect()
}

fn query(pairs: Vec<String>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for pair in pairs.chunks_exact(2) {
        query.append_pair(&pair[0], &pair[1]);
    }
    query.finish()
}

/// What `node:url` has of Rust's.
pub(crate) fn module_natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set(
        "domainToASCII",
        Func::from(|name: String| quirks::domain_to_ascii(&name)),
    )?;
    natives.set(
        "domainToUnicode",
        Func::from(|name: String| quirks::domain_to_unicode(&name)),
    )?;
    // Of an absolute path.
    natives.set(
        "fileUrl",
        Func::from(|path: String| Url::from_file_path(path).map(String::from).ok()),
    )?;
    Ok(natives)
}
