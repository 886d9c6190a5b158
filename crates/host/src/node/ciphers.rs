//! Ciphers of `node:crypto` and `crypto.subtle`: AES by blocks, as a stream or authenticated, and ChaCha20-Poly1305, by
//! the crates of RustCrypto. What comes is worked on at once, so nothing waits but the rest of a block.

use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit, KeyIvInit, StreamCipher, StreamCipherSeek};
use aes::{Aes128, Aes192, Aes256};
use bident_js::hosting::copy_bytes;
use chacha20::ChaCha20;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use poly1305::Poly1305;
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, IntoJs, JsLifetime, Object, Result, TypedArray, Value};
use std::cell::RefCell;

/// Bytes of a block of AES, and of what authenticates.
const BLOCK: usize = 16;

/// Blocks of a key stream that are made at once.
const AT_ONCE: usize = 8;

type Block = [u8; BLOCK];

/// AES with a key of one of its three lengths.
enum Aes {
    Short(Aes128),
    Middle(Aes192),
    Long(Aes256),
}

impl Aes {
    fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(Self::Short),
            24 => Aes192::new_from_slice(key).ok().map(Self::Middle),
            32 => Aes256::new_from_slice(key).ok().map(Self::Long),
            _ => None,
        }
    }

    fn encrypt(&self, block: &mut Block) {
        let block = GenericArray::from_mut_slice(block);
        match self {
            Self::Short(aes) => aes.encrypt_block(block),
            Self::Middle(aes) => aes.encrypt_block(block),
            Self::Long(aes) => aes.encrypt_block(block),
        }
    }

    fn decrypt(&self, block: &mut Block) {
        let block = GenericArray::from_mut_slice(block);
        match self {
            Self::Short(aes) => aes.decrypt_block(block),
            Self::Middle(aes) => aes.decrypt_block(block),
            Self::Long(aes) => aes.decrypt_block(block),
        }
    }

    fn encrypt_all(&self, blocks: &mut [aes::Block]) {
        match self {
            Self::Short(aes) => aes.encrypt_blocks(blocks),
            Self::Middle(aes) => aes.encrypt_blocks(blocks),
            Self::Long(aes) => aes.encrypt_blocks(blocks),
        }
    }
}

/// Whole blocks, with padding at the end unless that is turned off.
struct Blocks {
    aes: Aes,
    encrypts: bool,
    /// What the next block is mixed with; nothing where blocks stand alone.
    chain: Option<Block>,
    pads: bool,
    rest: Vec<u8>,
}

impl Blocks {
    fn one(&mut self, block: &mut Block) {
        let before = *block;
        let mix = |block: &mut Block, with: Block| {
            for (byte, with) in block.iter_mut().zip(with) {
                *byte ^= with;
            }
        };
        if self.encrypts {
            if let Some(chain) = self.chain {
                mix(block, chain);
            }
            self.aes.encrypt(block);
            self.chain = self.chain.map(|_| *block);
        } else {
            self.aes.decrypt(block);
            if let Some(chain) = self.chain.replace(before) {
                mix(block, chain);
            } else {
                self.chain = None;
            }
        }
    }

    fn update(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if !self.rest.is_empty() {
            bytes.splice(0..0, self.rest.drain(..));
        }
        // The last block to be decrypted may be padding.
        let keeps = usize::from(!self.encrypts && self.pads);
        let whole = bytes.len().saturating_sub(keeps) / BLOCK * BLOCK;
        self.rest = bytes.split_off(whole);
        for block in bytes.chunks_exact_mut(BLOCK) {
            if let Ok(block) = block.try_into() {
                self.one(block);
            }
        }
        bytes
    }

    fn finish(&mut self) -> std::result::Result<Vec<u8>, &'static str> {
        let mut rest = std::mem::take(&mut self.rest);
        if !self.pads {
            return match rest.is_empty() {
                true => Ok(rest),
                false => Err("length"),
            };
        }
        if self.encrypts {
            let padding = BLOCK - rest.len() % BLOCK;
            rest.resize(rest.len() + padding, padding as u8);
        }
        let Ok(block) = <&mut Block>::try_from(rest.as_mut_slice()) else {
            return Err("length");
        };
        self.one(block);
        if self.encrypts {
            return Ok(rest);
        }
        let padding = usize::from(rest[BLOCK - 1]);
        let is_right = (1..=BLOCK).contains(&padding)
            && rest[BLOCK - padding..]
                .iter()
                .all(|&byte| usize::from(byte) == padding);
        if !is_right {
            return Err("padding");
        }
        rest.truncate(BLOCK - padding);
        Ok(rest)
    }
}

/// A key stream of encrypted numbers that count up.
struct Counter {
    aes: Aes,
    next: u128,
    /// The bits that count.
    mask: u128,
    stream: [aes::Block; AT_ONCE],
    /// Bytes of `stream` that were used.
    used: usize,
}

impl Counter {
    fn new(aes: Aes, first: Block, bits: u32) -> Self {
        let mask = 1_u128.checked_shl(bits).map_or(u128::MAX, |end| end - 1);
        Self {
            aes,
            next: u128::from_be_bytes(first),
            mask,
            stream: Default::default(),
            used: BLOCK * AT_ONCE,
        }
    }

    fn refill(&mut self) {
        for block in &mut self.stream {
            *block = self.next.to_be_bytes().into();
            self.next = (self.next & !self.mask) | (self.next.wrapping_add(1) & self.mask);
        }
        self.aes.encrypt_all(&mut self.stream);
        self.used = 0;
    }

    fn apply(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            if self.used == BLOCK * AT_ONCE {
                self.refill();
            }
            *byte ^= self.stream[self.used / BLOCK][self.used % BLOCK];
            self.used += 1;
        }
    }
}

/// What authenticates: blocks of additional data, then of what was encrypted, then both lengths.
struct Authentic {
    hash: Hash,
    /// The last block is not whole.
    rest: Vec<u8>,
    /// Bytes of both.
    lengths: [u64; 2],
    is_data: bool,
}

enum Hash {
    /// Of AES-GCM, with what the result is mixed with.
    G(Box<GHash>, Block),
    Poly(Box<Poly1305>),
}

impl Authentic {
    fn new(hash: Hash) -> Self {
        Self {
            hash,
            rest: Vec::new(),
            lengths: [0; 2],
            is_data: false,
        }
    }

    fn block(&mut self, block: &[u8]) {
        let block = GenericArray::clone_from_slice(block);
        match &mut self.hash {
            Hash::G(hash, _) => hash.update(&[block]),
            Hash::Poly(hash) => hash.update(&[block]),
        }
    }

    fn add(&mut self, mut bytes: &[u8]) {
        self.lengths[usize::from(self.is_data)] += bytes.len() as u64;
        if !self.rest.is_empty() {
            let (more, others) = bytes.split_at(bytes.len().min(BLOCK - self.rest.len()));
            self.rest.extend_from_slice(more);
            bytes = others;
            if self.rest.len() < BLOCK {
                return;
            }
            self.fill();
        }
        let blocks = bytes.chunks_exact(BLOCK);
        let rest = blocks.remainder();
        blocks.for_each(|block| self.block(block));
        self.rest.extend_from_slice(rest);
    }

    /// Zeros behind the last block.
    fn fill(&mut self) {
        if !self.rest.is_empty() {
            let mut rest = std::mem::take(&mut self.rest);
            rest.resize(BLOCK, 0);
            self.block(&rest);
        }
    }

    /// What comes now is encrypted.
    fn begin_data(&mut self) {
        if !self.is_data {
            self.fill();
            self.is_data = true;
        }
    }

    fn tag(mut self) -> Block {
        self.begin_data();
        self.fill();
        let [first, second] = match self.hash {
            Hash::G(..) => self.lengths.map(|bytes| (bytes * 8).to_be_bytes()),
            Hash::Poly(_) => self.lengths.map(u64::to_le_bytes),
        };
        self.block(&[first, second].concat());
        match self.hash {
            Hash::Poly(hash) => hash.finalize().into(),
            Hash::G(hash, mask) => {
                let mut tag: Block = hash.finalize().into();
                tag.iter_mut()
                    .zip(mask)
                    .for_each(|(tag, mask)| *tag ^= mask);
                tag
            }
        }
    }
}

enum Stream {
    Aes(Box<Counter>),
    ChaCha(Box<ChaCha20>),
}

enum Kind {
    Blocks(Box<Blocks>),
    Stream(Stream),
    Authentic(Stream, Authentic),
}

struct Cipher {
    kind: Kind,
    encrypts: bool,
}

impl Cipher {
    /// `mode` is the last part of the name; `bits` those that count, of a counter.
    fn new(mode: &str, encrypts: bool, key: &[u8], iv: &[u8], bits: u32) -> Option<Self> {
        let kind = match mode {
            "cbc" | "ecb" => Kind::Blocks(Box::new(Blocks {
                aes: Aes::new(key)?,
                encrypts,
                chain: match mode {
                    "cbc" => Some(iv.try_into().ok()?),
                    _ => None,
                },
                pads: true,
                rest: Vec::new(),
            })),
            "ctr" => {
                let counter = Counter::new(Aes::new(key)?, iv.try_into().ok()?, bits);
                Kind::Stream(Stream::Aes(Box::new(counter)))
            }
            "gcm" => Self::galois(key, iv)?,
            "chacha20-poly1305" => Self::chacha(key, iv)?,
            _ => return None,
        };
        Some(Self { kind, encrypts })
    }

    fn galois(key: &[u8], iv: &[u8]) -> Option<Kind> {
        let aes = Aes::new(key)?;
        let mut hash_key = Block::default();
        aes.encrypt(&mut hash_key);
        let ghash = || GHash::new(&GenericArray::from(hash_key));
        let first: Block = if iv.len() == 12 {
            [iv, &[0, 0, 0, 1]].concat().try_into().ok()?
        } else {
            let mut hashed = Authentic::new(Hash::G(Box::new(ghash()), Block::default()));
            // The length of the vector stands where that of the data does.
            hashed.is_data = true;
            hashed.add(iv);
            hashed.tag()
        };
        let mut mask = first;
        aes.encrypt(&mut mask);
        let mut counter = Counter::new(aes, first, 32);
        counter.next =
            (counter.next & !counter.mask) | (counter.next.wrapping_add(1) & counter.mask);
        let hash = Authentic::new(Hash::G(Box::new(ghash()), mask));
        Some(Kind::Authentic(Stream::Aes(Box::new(counter)), hash))
    }

    fn chacha(key: &[u8], iv: &[u8]) -> Option<Kind> {
        let mut nonce = [0; 12];
        nonce
            .get_mut(12_usize.checked_sub(iv.len())?..)?
            .copy_from_slice(iv);
        let mut cipher = ChaCha20::new_from_slices(key, &nonce).ok()?;
        let mut hash_key = [0; 32];
        cipher.apply_keystream(&mut hash_key);
        // The rest of that block is for nobody.
        cipher.try_seek(64_u64).ok()?;
        let hash = Poly1305::new(&GenericArray::from(hash_key));
        let hash = Authentic::new(Hash::Poly(Box::new(hash)));
        Some(Kind::Authentic(Stream::ChaCha(Box::new(cipher)), hash))
    }

    /// `None` where the key stream is used up.
    fn update(&mut self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let apply = |stream: &mut Stream, bytes: &mut [u8]| match stream {
            Stream::Aes(counter) => {
                counter.apply(bytes);
                Some(())
            }
            Stream::ChaCha(cipher) => cipher.try_apply_keystream(bytes).ok(),
        };
        match &mut self.kind {
            Kind::Blocks(blocks) => return Some(blocks.update(bytes)),
            Kind::Stream(stream) => apply(stream, &mut bytes)?,
            Kind::Authentic(stream, hash) => {
                hash.begin_data();
                if !self.encrypts {
                    hash.add(&bytes);
                }
                apply(stream, &mut bytes)?;
                if self.encrypts {
                    hash.add(&bytes);
                }
            }
        }
        Some(bytes)
    }
}

/// A cipher in the middle of its work.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct NativeCipher {
    #[qjs(skip_trace)]
    cipher: RefCell<Option<Cipher>>,
}

#[rquickjs::methods]
impl NativeCipher {
    /// What comes out of these bytes.
    fn update<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<Option<TypedArray<'js, u8>>> {
        let bytes = copy_bytes(&ctx, &bytes)?;
        let mut cipher = self.cipher.borrow_mut();
        let done = cipher.as_mut().and_then(|cipher| cipher.update(bytes));
        done.map(|bytes| TypedArray::new(ctx, bytes)).transpose()
    }

    /// Data that is authenticated, too.
    fn add<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<()> {
        let bytes = copy_bytes(&ctx, &bytes)?;
        if let Some(Cipher {
            kind: Kind::Authentic(_, hash),
            ..
        }) = &mut *self.cipher.borrow_mut()
        {
            hash.add(&bytes);
        }
        Ok(())
    }

    /// Whether the last block is padded.
    fn pad(&self, pads: bool) {
        if let Some(Cipher {
            kind: Kind::Blocks(blocks),
            ..
        }) = &mut *self.cipher.borrow_mut()
        {
            blocks.pads = pads;
        }
    }

    /// The last bytes, or a word for what is wrong with them; of what is authenticated, the tag.
    fn finish<'js>(&self, ctx: Ctx<'js>) -> Result<Value<'js>> {
        let bytes = match self.cipher.take().map(|cipher| cipher.kind) {
            Some(Kind::Blocks(mut blocks)) => match blocks.finish() {
                Ok(bytes) => bytes,
                Err(wrong) => return wrong.into_js(&ctx),
            },
            Some(Kind::Authentic(_, hash)) => hash.tag().to_vec(),
            Some(Kind::Stream(_)) | None => Vec::new(),
        };
        TypedArray::new(ctx.clone(), bytes)?.into_js(&ctx)
    }
}

/// `{ cipher(mode, encrypts, key, iv, bits) }`: nothing for what cannot be.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = super::crypto::natives(ctx)?;
    natives.set("cipher", Func::from(cipher))?;
    Ok(natives)
}

fn cipher<'js>(
    ctx: Ctx<'js>,
    mode: String,
    encrypts: bool,
    key: Value<'js>,
    iv: Value<'js>,
    bits: u32,
) -> Result<Option<Class<'js, NativeCipher>>> {
    let (key, iv) = (copy_bytes(&ctx, &key)?, copy_bytes(&ctx, &iv)?);
    let Some(cipher) = Cipher::new(&mode, encrypts, &key, &iv, bits) else {
        return Ok(None);
    };
    let cipher = RefCell::new(Some(cipher));
    Class::instance(ctx, NativeCipher { cipher }).map(Some)
}
