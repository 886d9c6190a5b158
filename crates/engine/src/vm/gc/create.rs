//! Making objects, and finding them by their references.

use super::object::Object;
use crate::slots::InstanceNumber;
use crate::vm::store::StoreOpaque;
use bident_abi::TrapCode;
use bident_module::{ObjectKind, ObjectLayout, Slot, TypeIndex, header_of};

const FULL: TrapCode = TrapCode::HeapMemoryExhausted;

impl StoreOpaque {
    /// The object that a reference leads to; `None` for null and small integers. The word is a reference
    /// of this store.
    pub(crate) fn object(&self, word: u64) -> Option<Object> {
        if word == 0 || word & 1 != 0 {
            return None;
        }
        let at = self.vm.heap.base.wrapping_add(word as usize);
        Some(Object::at(at, self.vm.heap.types))
    }

    /// An object, zero but for its header. May collect, but not what `roots` lead to.
    fn new_object(
        &mut self,
        header: u32,
        size: u64,
        roots: &[u64],
    ) -> Result<(u64, Object), TrapCode> {
        self.objects.prepare(&mut self.vm.heap).map_err(|_| FULL)?;
        if !self.objects.may_fit(size) {
            return Err(FULL);
        }
        let stressed = self.vm.chains.is_stressed();
        let asked = self.collects_always() && self.objects.are_few();
        if asked || self.objects.wants_collection() {
            self.collect_with(roots);
        }
        let taken = match self.objects.take(&mut self.vm.heap, size, stressed) {
            Some(taken) => taken,
            None => self.find_room(size, stressed, roots)?,
        };
        let word = u64::from(taken);
        let object = self.object(word).ok_or(FULL)?;
        object.set_header(header);
        Ok((word, object))
    }

    /// Memory for an object where there was none: asks the limiter for more, or collects.
    #[cold]
    fn find_room(&mut self, size: u64, stressed: bool, roots: &[u64]) -> Result<u32, TrapCode> {
        if self.ask_for_heap()
            && let Some(taken) = self.objects.take(&mut self.vm.heap, size, stressed)
        {
            return Ok(taken);
        }
        if self.refusal.is_some() {
            return Err(FULL);
        }
        self.collect_with(roots);
        if !self.objects.has_room(size) {
            return Err(FULL);
        }
        let taken = self.objects.take(&mut self.vm.heap, size, stressed);
        taken.ok_or(FULL)
    }

    /// A structure of a type of an instance's module, zeroed.
    pub(crate) fn new_struct(
        &mut self,
        instance: InstanceNumber,
        ty: TypeIndex,
    ) -> Result<(u64, Object), TrapCode> {
        let module = &self.instances[instance].module;
        let id = module.type_id(ty);
        let ObjectLayout::Struct { size, .. } = *module.inner().layout_at(ty) else {
            unreachable!("the validator lets only structures be named");
        };
        self.new_object(header_of(id, ObjectKind::Struct), size.into(), &[])
    }

    /// An array of a type of an instance's module, zeroed. May collect, but not what `root` leads to.
    pub(crate) fn new_array(
        &mut self,
        instance: InstanceNumber,
        ty: TypeIndex,
        length: u32,
        root: u64,
    ) -> Result<(u64, Object, Slot), TrapCode> {
        let module = &self.instances[instance].module;
        let id = module.type_id(ty);
        let ObjectLayout::Array(slot) = *module.inner().layout_at(ty) else {
            unreachable!("the validator lets only arrays be named");
        };
        let elements = u64::from(length) * u64::from(slot.size());
        let size = u64::from(ObjectLayout::ELEMENTS) + elements;
        let (word, object) = self.new_object(header_of(id, ObjectKind::Array), size, &[root])?;
        object.set_length(length);
        Ok((word, object, slot))
    }

    /// The `anyref` of a host value, given as `externref`.
    pub(crate) fn any_of_extern(&mut self, word: u64) -> Result<u64, TrapCode> {
        if word >> 32 == 0 {
            return Ok(word);
        }
        let (header, size) = (ObjectKind::Host as u32, ObjectLayout::BOX_SIZE);
        let (made, object) = self.new_object(header, size.into(), &[word])?;
        object.write(ObjectLayout::BOXED, Slot::Word, word);
        Ok(made)
    }

    /// The `externref` of an `anyref`.
    pub(crate) fn extern_of_any(&self, word: u64) -> u64 {
        match self.object(word) {
            Some(object) if object.kind() == ObjectKind::Host => {
                object.read(ObjectLayout::BOXED, Slot::Word)
            }
            _ => word,
        }
    }
}
