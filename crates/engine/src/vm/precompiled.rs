//! Modules to bytes and back.

use crate::engine::Engine;
use crate::error::Error;
use crate::image::{Binary, Image, Kind, Origin, write};
use crate::module::Module;
use crate::vm::code::Code;
use crate::vm::mapped;
use bident_compile::Tables;
use bident_module as wasm;
use bytes::Bytes;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

impl Module {
    /// The module with the code of all its functions, for [`Module::deserialize`]. Functions are compiled for that,
    /// whatever [`crate::Compile`] says of the module: with [`crate::Compile::Lazy`] no function is compiled twice.
    ///
    /// # Errors
    /// As for [`Module::new`], where functions were not compiled yet.
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        let (engine, module) = (self.engine(), self.inner());
        let (config, compiler) = (engine.config(), engine.compiler());
        let decoded = wasm::decode_with(module.bytes.clone(), config.optional);
        let (module, bodies) = decoded.map_err(Error::compile)?;
        let artifact = compiler.compile(&module, bodies);
        let artifact = artifact.map_err(Error::compile)?;
        let tables = Tables::of(&artifact);
        let key = *blake3::hash(&module.bytes).as_bytes();
        let what = (Kind::Whole, &**engine.origin(), &key);
        let mut out = Vec::new();
        let binary = Binary::Within(&module.bytes);
        let written = write(&mut out, what, binary, tables.bytes(), &artifact.text);
        written.map_err(Error::new)?;
        Ok(out)
    }

    /// A module that [`Module::serialize`] made bytes of, in an engine with the same settings.
    ///
    /// # Safety
    /// The bytes are what [`Module::serialize`] gave, or the command `bident compile` wrote. They hold machine code, which
    /// is run as it is: others may do whatever this process can. What is looked at is whether they are from this build,
    /// with these settings, for this processor, and whole; not what the code does.
    ///
    /// # Errors
    /// Kind `Usage`: they are no compiled module, one of another build or processor, or with other settings, or
    /// damaged; the text says which.
    pub unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> Result<Self, Error> {
        let image = Image::read(Bytes::copy_from_slice(bytes), None, engine.origin(), None)?;
        Self::of_image(engine, &image)
    }

    /// The same for a file, which is mapped: only what is used of it is read.
    ///
    /// # Safety
    /// As for [`Module::deserialize`]; and nobody writes to the file as long as there is a clone of the module. To replace
    /// it by another is fine.
    ///
    /// # Errors
    /// As for [`Module::deserialize`]; an [`std::io::Error`], to be had by `downcast`, if it cannot be read.
    pub unsafe fn deserialize_file(engine: &Engine, file: impl AsRef<Path>) -> Result<Self, Error> {
        let file = File::open(file).map_err(Error::new)?;
        // SAFETY: passed on to the caller.
        let image = unsafe { mapped::read_file(file, engine.origin()) }?;
        Self::of_image(engine, &image)
    }

    /// Whether a file that begins like this is one of compiled code, of whatever build: 8 bytes suffice.
    pub fn is_serialized(start: &[u8]) -> bool {
        Origin::is_known(start)
    }

    fn of_image(engine: &Engine, image: &Image) -> Result<Self, Error> {
        let Some(binary) = &image.binary else {
            return Err(Error::usage("an entry of the cache, without its module"));
        };
        let config = engine.config();
        let decoded = wasm::decode_with(binary.clone(), config.optional);
        let module = Arc::new(decoded.map_err(Error::compile)?.0);
        let code = Code::of_image(module.clone(), image, config.stress)?;
        Self::of_code(engine, module, code)
    }
}
