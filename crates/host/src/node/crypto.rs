//! `node:crypto` and `crypto.subtle`: digests, keyed digests and keys made of passwords, by the crates of RustCrypto.

use super::background::in_background;
use bident_js::hosting::copy_bytes;
use digest::{Digest, ExtendableOutput, KeyInit, Mac, OutputSizeUser, Update, XofReader};
use hmac::{Hmac, SimpleHmac};
use rquickjs::class::Trace;
use rquickjs::prelude::{Async, Func, Opt};
use rquickjs::{Class, Ctx, Exception, JsLifetime, Object, Result, TypedArray, Value};
use std::cell::RefCell;

/// A digest of an algorithm that is chosen when the program runs.
trait Running: Send {
    fn update(&mut self, bytes: &[u8]);
    fn finish(self: Box<Self>) -> Vec<u8>;
    /// Another that has taken the same; `length` is that of its digest, where it has one of its own.
    fn copy(&self, length: usize) -> Box<dyn Running>;
}

#[derive(Clone)]
struct Plain<D>(D);

impl<D: Digest + Clone + Send + 'static> Running for Plain<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }

    fn copy(&self, _: usize) -> Box<dyn Running> {
        Box::new(self.clone())
    }
}

#[derive(Clone)]
struct Keyed<M>(M);

impl<M: Mac + Clone + Send + 'static> Running for Keyed<M> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().into_bytes().to_vec()
    }

    fn copy(&self, _: usize) -> Box<dyn Running> {
        Box::new(self.clone())
    }
}

/// A digest of a length of one's own.
#[derive(Clone)]
struct Extendable<D>(D, usize);

impl<D: Update + ExtendableOutput + Clone + Send + 'static> Running for Extendable<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        // Who made it saw to it that there is memory.
        let mut digest = vec![0; self.1];
        self.0.finalize_xof().read(&mut digest);
        digest
    }

    fn copy(&self, length: usize) -> Box<dyn Running> {
        Box::new(Self(self.0.clone(), length))
    }
}

/// Goes on with the algorithm of a name, as the type `$D` in `$body`; `None` for a name that nobody knows.
macro_rules! with_digest {
    ($name:expr, $D:ident => $body:expr) => {
        match $name {
            "md5" => {
                type $D = md5::Md5;
                Some($body)
            }
            "ripemd160" => {
                type $D = ripemd::Ripemd160;
                Some($body)
            }
            "sha1" => {
                type $D = sha1::Sha1;
                Some($body)
            }
            "sha224" => {
                type $D = sha2::Sha224;
                Some($body)
            }
            "sha256" => {
                type $D = sha2::Sha256;
                Some($body)
            }
            "sha384" => {
                type $D = sha2::Sha384;
                Some($body)
            }
            "sha512" => {
                type $D = sha2::Sha512;
                Some($body)
            }
            "sha512-224" => {
                type $D = sha2::Sha512_224;
                Some($body)
            }
            "sha512-256" => {
                type $D = sha2::Sha512_256;
                Some($body)
            }
            "sha3-224" => {
                type $D = sha3::Sha3_224;
                Some($body)
            }
            "sha3-256" => {
                type $D = sha3::Sha3_256;
                Some($body)
            }
            "sha3-384" => {
                type $D = sha3::Sha3_384;
                Some($body)
            }
            "sha3-512" => {
                type $D = sha3::Sha3_512;
                Some($body)
            }
            _ => None,
        }
    };
}

/// The same, also for those that have to be treated otherwise by HMAC.
macro_rules! with_any_digest {
    ($name:expr, $D:ident => $body:expr) => {
        match $name {
            "blake2b512" => {
                type $D = blake2::Blake2b512;
                Some($body)
            }
            "blake2s256" => {
                type $D = blake2::Blake2s256;
                Some($body)
            }
            name => with_digest!(name, $D => $body),
        }
    };
}

/// `{ hash(name), hmac(name, key), size(name), isEqual(a, b), pbkdf2, scrypt, hkdf, pbkdf2Later, scryptLater }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("hash", Func::from(hash))?;
    natives.set("shake", Func::from(shake))?;
    natives.set("hmac", Func::from(hmac))?;
    natives.set(
        "size",
        Func::from(
            |name: String| with_any_digest!(name.as_str(), D => <D as OutputSizeUser>::output_size()),
        ),
    )?;
    natives.set("isEqual", Func::from(is_equal))?;
    natives.set("pbkdf2", Func::from(pbkdf2_now))?;
    natives.set("pbkdf2Later", Func::from(Async(pbkdf2_later)))?;
    natives.set("scrypt", Func::from(scrypt_now))?;
    natives.set("scryptLater", Func::from(Async(scrypt_later)))?;
    natives.set("hkdf", Func::from(hkdf))?;
    Ok(natives)
}

/// A digest in the middle of being computed.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Hasher {
    #[qjs(skip_trace)]
    running: RefCell<Option<Box<dyn Running>>>,
}

#[rquickjs::methods]
impl Hasher {
    /// Takes bytes.
    fn update<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<()> {
        let bytes = copy_bytes(&ctx, &bytes)?;
        if let Some(running) = &mut *self.running.borrow_mut() {
            running.update(&bytes);
        }
        Ok(())
    }

    /// The digest; nothing the second time.
    fn finish<'js>(&self, ctx: Ctx<'js>) -> Result<Option<TypedArray<'js, u8>>> {
        let running = self.running.take();
        let digest = running.map(|running| TypedArray::new(ctx, running.finish()));
        digest.transpose()
    }

    /// Another that has taken the same bytes.
    fn copy<'js>(&self, ctx: Ctx<'js>, length: Opt<u32>) -> Result<Class<'js, Hasher>> {
        let length = length.0.unwrap_or_default();
        drop(room(&ctx, length)?);
        let running = self.running.borrow();
        let running = running
            .as_ref()
            .map(|running| running.copy(length as usize));
        let running = RefCell::new(running);
        Class::instance(ctx, Hasher { running })
    }
}

fn made<'js>(
    ctx: Ctx<'js>,
    running: Option<Box<dyn Running>>,
) -> Result<Option<Class<'js, Hasher>>> {
    let Some(running) = running else {
        return Ok(None);
    };
    let running = RefCell::new(Some(running));
    Class::instance(ctx, Hasher { running }).map(Some)
}

fn hash(ctx: Ctx<'_>, name: String) -> Result<Option<Class<'_, Hasher>>> {
    let running: Option<Box<dyn Running>> =
        with_any_digest!(name.as_str(), D => Box::new(Plain(D::new())));
    made(ctx, running)
}

/// SHAKE, with so many bytes.
fn shake(ctx: Ctx<'_>, name: String, length: u32) -> Result<Option<Class<'_, Hasher>>> {
    drop(room(&ctx, length)?);
    let length = length as usize;
    let running: Option<Box<dyn Running>> = match name.as_str() {
        "shake128" => Some(Box::new(Extendable(sha3::Shake128::default(), length))),
        "shake256" => Some(Box::new(Extendable(sha3::Shake256::default(), length))),
        _ => None,
    };
    made(ctx, running)
}

fn hmac<'js>(ctx: Ctx<'js>, name: String, key: Value<'js>) -> Result<Option<Class<'js, Hasher>>> {
    let key = copy_bytes(&ctx, &key)?;
    let running: Option<Option<Box<dyn Running>>> = with_any_digest!(name.as_str(), D => {
        // Keys of all lengths will do.
        let keyed = <SimpleHmac<D> as KeyInit>::new_from_slice(&key).ok();
        keyed.map(|keyed| -> Box<dyn Running> { Box::new(Keyed(keyed)) })
    });
    made(ctx, running.flatten())
}

/// In a time that tells nothing of where they differ.
fn is_equal<'js>(ctx: Ctx<'js>, left: Value<'js>, right: Value<'js>) -> Result<bool> {
    let (left, right) = (copy_bytes(&ctx, &left)?, copy_bytes(&ctx, &right)?);
    let mut difference = u8::from(left.len() != right.len());
    for (left, right) in left.iter().zip(&right) {
        difference |= std::hint::black_box(left ^ right);
    }
    Ok(std::hint::black_box(difference) == 0)
}

/// Zeros to be written over.
fn room(ctx: &Ctx<'_>, length: u32) -> Result<Vec<u8>> {
    let mut room = Vec::new();
    let reserved = room.try_reserve_exact(length as usize);
    reserved.map_err(|_| Exception::throw_range(ctx, "no memory for a key of this length"))?;
    room.resize(length as usize, 0);
    Ok(room)
}

fn pbkdf2_into(name: &str, password: &[u8], salt: &[u8], rounds: u32, key: &mut [u8]) -> bool {
    type Slow<D> = SimpleHmac<D>;
    let done = match name {
        "blake2b512" => {
            Some(pbkdf2::pbkdf2::<Slow<blake2::Blake2b512>>(password, salt, rounds, key).is_ok())
        }
        "blake2s256" => {
            Some(pbkdf2::pbkdf2::<Slow<blake2::Blake2s256>>(password, salt, rounds, key).is_ok())
        }
        _ => {
            with_digest!(name, D => pbkdf2::pbkdf2::<Hmac<D>>(password, salt, rounds, key).is_ok())
        }
    };
    done == Some(true)
}

fn pbkdf2_now<'js>(
    ctx: Ctx<'js>,
    name: String,
    password: Value<'js>,
    salt: Value<'js>,
    rounds: u32,
    length: u32,
) -> Result<Option<TypedArray<'js, u8>>> {
    let (password, salt) = (copy_bytes(&ctx, &password)?, copy_bytes(&ctx, &salt)?);
    let mut key = room(&ctx, length)?;
    match pbkdf2_into(&name, &password, &salt, rounds, &mut key) {
        true => TypedArray::new(ctx, key).map(Some),
        false => Ok(None),
    }
}

async fn pbkdf2_later<'js>(
    ctx: Ctx<'js>,
    name: String,
    password: Value<'js>,
    salt: Value<'js>,
    rounds: u32,
    length: u32,
) -> Result<Option<TypedArray<'js, u8>>> {
    let (password, salt) = (copy_bytes(&ctx, &password)?, copy_bytes(&ctx, &salt)?);
    let mut key = room(&ctx, length)?;
    let work = in_background(move || {
        pbkdf2_into(&name, &password, &salt, rounds, &mut key).then_some(key)
    });
    let key = work.await.unwrap_or_default();
    key.map(|key| TypedArray::new(ctx, key)).transpose()
}

/// The costs of scrypt, as `crypto.js` has checked them: the binary logarithm of N, r and p.
type Costs = (u8, u32, u32);

/// Whether there is memory for what the crate takes without asking: a table of N blocks, p blocks and two more.
fn has_room_for((log_n, r, p): Costs) -> bool {
    let blocks = 1_u64
        .checked_shl(log_n.into())
        .and_then(|n| n.checked_add(u64::from(p) + 2));
    let size = blocks.and_then(|blocks| blocks.checked_mul(128 * u64::from(r)));
    let Some(size) = size.and_then(|size| usize::try_from(size).ok()) else {
        return false;
    };
    let mut probe = Vec::<u8>::new();
    let reserved = probe.try_reserve_exact(size).is_ok();
    // Else the compiler may leave out both to reserve it and to free it.
    std::hint::black_box(&probe);
    reserved
}

fn scrypt_into(password: &[u8], salt: &[u8], costs: Costs, key: &mut [u8]) -> bool {
    if key.is_empty() {
        return true;
    }
    let (log_n, r, p) = costs;
    if !has_room_for(costs) {
        return false;
    }
    let params = scrypt::Params::new(log_n, r, p, scrypt::Params::RECOMMENDED_LEN);
    params.is_ok_and(|params| scrypt::scrypt(password, salt, &params, key).is_ok())
}

fn costs_of(costs: &[u32]) -> Costs {
    match costs {
        [log_n, r, p, ..] => (u8::try_from(*log_n).unwrap_or(u8::MAX), *r, *p),
        _ => (0, 0, 0),
    }
}

fn scrypt_now<'js>(
    ctx: Ctx<'js>,
    password: Value<'js>,
    salt: Value<'js>,
    costs: Vec<u32>,
    length: u32,
) -> Result<Option<TypedArray<'js, u8>>> {
    let (password, salt) = (copy_bytes(&ctx, &password)?, copy_bytes(&ctx, &salt)?);
    let mut key = room(&ctx, length)?;
    match scrypt_into(&password, &salt, costs_of(&costs), &mut key) {
        true => TypedArray::new(ctx, key).map(Some),
        false => Ok(None),
    }
}

async fn scrypt_later<'js>(
    ctx: Ctx<'js>,
    password: Value<'js>,
    salt: Value<'js>,
    costs: Vec<u32>,
    length: u32,
) -> Result<Option<TypedArray<'js, u8>>> {
    let (password, salt) = (copy_bytes(&ctx, &password)?, copy_bytes(&ctx, &salt)?);
    let mut key = room(&ctx, length)?;
    let work = in_background(move || {
        scrypt_into(&password, &salt, costs_of(&costs), &mut key).then_some(key)
    });
    let key = work.await.unwrap_or_default();
    key.map(|key| TypedArray::new(ctx, key)).transpose()
}

fn hkdf<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: Value<'js>,
    salt: Value<'js>,
    info: Value<'js>,
    length: Opt<u32>,
) -> Result<Option<TypedArray<'js, u8>>> {
    let (key, salt) = (copy_bytes(&ctx, &key)?, copy_bytes(&ctx, &salt)?);
    let info = copy_bytes(&ctx, &info)?;
    let length = length.0.unwrap_or_default();
    let size = with_any_digest!(name.as_str(), D => <D as OutputSizeUser>::output_size());
    // Nobody makes room for what no digest can give.
    if size.is_none_or(|size| length as usize > 255 * size) {
        return Ok(None);
    }
    let mut made = room(&ctx, length)?;
    let done = with_any_digest!(name.as_str(), D => {
        hkdf::SimpleHkdf::<D>::new(Some(&salt), &key).expand(&info, &mut made).is_ok()
    });
    match done {
        Some(true) => TypedArray::new(ctx, made).map(Some),
        _ => Ok(None),
    }
}
