//! A WebAssembly module as its parts: what splitting needs is taken apart, the rest is carried along as bytes.

use super::bytes::{Reader, malformed, put_counted, put_unsigned};
use crate::outcome::Outcome;

pub const TYPE: u8 = 1;
pub const IMPORT: u8 = 2;
pub const FUNCTION: u8 = 3;
pub const TABLE: u8 = 4;
pub const MEMORY: u8 = 5;
pub const GLOBAL: u8 = 6;
pub const EXPORT: u8 = 7;
pub const START: u8 = 8;
pub const ELEMENT: u8 = 9;
pub const CODE: u8 = 10;
pub const DATA: u8 = 11;
pub const DATA_COUNT: u8 = 12;

/// What an import or an export is of.
pub const OF_FUNCTION: u8 = 0;
pub const OF_TABLE: u8 = 1;
pub const OF_MEMORY: u8 = 2;
pub const OF_GLOBAL: u8 = 3;

const HEADER: &[u8] = b"\0asm\x01\0\0\0";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub module: String,
    pub name: String,
    pub kind: u8,
    /// What follows the kind: a type's index for a function.
    pub rest: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub name: String,
    pub kind: u8,
    pub index: u32,
}

/// Functions written into table 0 from `offset` on, at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elements {
    pub offset: u32,
    pub functions: Vec<u32>,
}

/// Bytes written into memory 0 from `offset` on, at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub offset: u32,
    pub bytes: Vec<u8>,
}

/// A table or a memory: its element type (tables only), and its limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub of: Option<u8>,
    pub min: u64,
    pub max: Option<u64>,
}

/// Types of functions: those of the parameters and of the results, each as one byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Types(pub Vec<(Vec<u8>, Vec<u8>)>);

impl Types {
    pub fn parameters(&self, of: u32) -> &[u8] {
        self.0.get(of as usize).map_or(&[], |(parameters, _)| parameters)
    }

    pub fn results(&self, of: u32) -> &[u8] {
        self.0.get(of as usize).map_or(&[], |(_, results)| results)
    }

    pub fn find_or_add(&mut self, parameters: &[u8], results: &[u8]) -> u32 {
        let wanted = (parameters.to_vec(), results.to_vec());
        let found = self.0.iter().position(|of| *of == wanted).unwrap_or_else(|| {
            self.0.push(wanted);
            self.0.len() - 1
        });
        found as u32
    }
}

impl Limits {
    pub fn as_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_limits(&mut out, self);
        out
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Module {
    pub types: Types,
    pub imports: Vec<Import>,
    /// The type of each function that the module defines.
    pub functions: Vec<u32>,
    pub tables: Vec<Limits>,
    pub memories: Vec<Limits>,
    /// Type, mutability and first value of each global, as bytes.
    pub globals: Vec<Vec<u8>>,
    pub exports: Vec<Export>,
    pub start: Option<u32>,
    pub elements: Vec<Elements>,
    /// Locals and instructions of each function.
    pub bodies: Vec<Vec<u8>>,
    pub data: Vec<Segment>,
    /// Names of functions by their index, where the module tells them. They are never written.
    pub names: Vec<(u32, String)>,
}

impl Module {
    pub fn imported_functions(&self) -> u32 {
        self.imports.iter().filter(|import| import.kind == OF_FUNCTION).count() as u32
    }

    /// The type of a function, imported or defined.
    pub fn type_of(&self, function: u32) -> Outcome<u32> {
        let imported = self.imported_functions();
        if function < imported {
            let mut functions = self.imports.iter().filter(|import| import.kind == OF_FUNCTION);
            let import = functions.nth(function as usize).expect("its index is less than their number");
            return Reader::new(&import.rest).index();
        }
        let index = (function - imported) as usize;
        self.functions.get(index).copied().ok_or_else(|| malformed(format!("there is no function {function}")))
    }

    pub fn parse(bytes: &[u8]) -> Outcome<Module> {
        let mut reader = Reader::new(bytes);
        if reader.take(HEADER.len())? != HEADER {
            return Err(malformed("it is no WebAssembly of version 1"));
        }
        let mut module = Module::default();
        while !reader.is_at_end() {
            let id = reader.byte()?;
            module.read_section(id, reader.counted()?)?;
        }
        if module.functions.len() != module.bodies.len() {
            return Err(malformed("not every function has a body"));
        }
        Ok(module)
    }

    fn read_section(&mut self, id: u8, bytes: &[u8]) -> Outcome<()> {
        let mut reader = Reader::new(bytes);
        let reader = &mut reader;
        match id {
            0 => self.read_names(reader)?,
            TYPE => self.types = Types(list(reader, read_type)?),
            IMPORT => self.imports = list(reader, read_import)?,
            FUNCTION => self.functions = list(reader, Reader::index)?,
            TABLE => self.tables = list(reader, |reader| read_limits(reader, true))?,
            MEMORY => self.memories = list(reader, |reader| read_limits(reader, false))?,
            GLOBAL => self.globals = list(reader, read_global)?,
            EXPORT => self.exports = list(reader, read_export)?,
            START => self.start = Some(reader.index()?),
            ELEMENT => self.elements = list(reader, read_elements)?.into_iter().flatten().collect(),
            CODE => self.bodies = list(reader, |reader| reader.counted().map(<[u8]>::to_vec))?,
            DATA => self.data = list(reader, read_segment)?,
            // Only instructions that name a segment need the count, and those are refused where code is read.
            DATA_COUNT => _ = reader.index()?,
            other => return Err(malformed(format!("it has a section of kind {other}"))),
        }
        Ok(())
    }

    fn read_names(&mut self, reader: &mut Reader<'_>) -> Outcome<()> {
        if reader.text()? != "name" {
            return Ok(());
        }
        while !reader.is_at_end() {
            let (kind, bytes) = (reader.byte()?, reader.counted()?);
            if kind == 1 {
                self.names = list(&mut Reader::new(bytes), |reader| Ok((reader.index()?, reader.text()?)))?;
            }
        }
        Ok(())
    }

    pub fn write(&self) -> Vec<u8> {
        let mut out = HEADER.to_vec();
        put_list(&mut out, TYPE, &self.types.0, |out, (parameters, results)| {
            out.push(0x60);
            put_counted(out, parameters);
            put_counted(out, results);
        });
        put_list(&mut out, IMPORT, &self.imports, |out, import| {
            put_counted(out, import.module.as_bytes());
            put_counted(out, import.name.as_bytes());
            out.push(import.kind);
            out.extend_from_slice(&import.rest);
        });
        put_list(&mut out, FUNCTION, &self.functions, |out, of| put_unsigned(out, u64::from(*of)));
        put_list(&mut out, TABLE, &self.tables, put_limits);
        put_list(&mut out, MEMORY, &self.memories, put_limits);
        put_list(&mut out, GLOBAL, &self.globals, |out, global| out.extend_from_slice(global));
        put_list(&mut out, EXPORT, &self.exports, |out, export| {
            put_counted(out, export.name.as_bytes());
            out.push(export.kind);
            put_unsigned(out, u64::from(export.index));
        });
        if let Some(start) = self.start {
            let mut section = Vec::new();
            put_unsigned(&mut section, u64::from(start));
            put_section(&mut out, START, section);
        }
        put_list(&mut out, ELEMENT, &self.elements, |out, elements| {
            out.push(0);
            put_offset(out, elements.offset);
            put_unsigned(out, elements.functions.len() as u64);
            elements.functions.iter().for_each(|function| put_unsigned(out, u64::from(*function)));
        });
        put_list(&mut out, CODE, &self.bodies, |out, body| put_counted(out, body));
        put_list(&mut out, DATA, &self.data, |out, segment| {
            out.push(0);
            put_offset(out, segment.offset);
            put_counted(out, &segment.bytes);
        });
        out
    }
}

fn list<'a, T>(reader: &mut Reader<'a>, read: impl Fn(&mut Reader<'a>) -> Outcome<T>) -> Outcome<Vec<T>> {
    (0..reader.index()?).map(|_| read(reader)).collect()
}

fn read_type(reader: &mut Reader<'_>) -> Outcome<(Vec<u8>, Vec<u8>)> {
    if reader.byte()? != 0x60 {
        return Err(malformed("a type is not that of a function"));
    }
    Ok((reader.counted()?.to_vec(), reader.counted()?.to_vec()))
}

fn read_import(reader: &mut Reader<'_>) -> Outcome<Import> {
    let (module, name, kind) = (reader.text()?, reader.text()?, reader.byte()?);
    if kind != OF_FUNCTION {
        return Err(malformed(format!("{name} is imported and is no function")));
    }
    let mut rest = Vec::new();
    put_unsigned(&mut rest, u64::from(reader.index()?));
    Ok(Import { module, name, kind, rest })
}

fn read_limits(reader: &mut Reader<'_>, table: bool) -> Outcome<Limits> {
    let of = if table { Some(reader.byte()?) } else { None };
    let flags = reader.byte()?;
    if flags > 1 {
        return Err(malformed("a table or memory is shared or has 64 bits"));
    }
    let min = reader.unsigned()?;
    let max = if flags == 1 { Some(reader.unsigned()?) } else { None };
    Ok(Limits { of, min, max })
}

fn read_global(reader: &mut Reader<'_>) -> Outcome<Vec<u8>> {
    let (of, mutable) = (reader.byte()?, reader.byte()?);
    let mut out = vec![of, mutable, reader.byte()?];
    if out[2] != 0x41 {
        return Err(malformed("a global does not begin as a constant of 32 bits"));
    }
    super::bytes::put_signed(&mut out, reader.signed()?);
    out.push(reader.byte()?);
    Ok(out)
}

fn read_export(reader: &mut Reader<'_>) -> Outcome<Export> {
    Ok(Export { name: reader.text()?, kind: reader.byte()?, index: reader.index()? })
}

/// `i32.const N end`: where a segment begins.
fn read_offset(reader: &mut Reader<'_>) -> Outcome<u32> {
    let (instruction, at, end) = (reader.byte()?, reader.signed()?, reader.byte()?);
    match (instruction, u32::try_from(at), end) {
        (0x41, Ok(at), 0x0b) => Ok(at),
        _ => Err(malformed("a segment does not begin at a constant")),
    }
}

fn put_offset(out: &mut Vec<u8>, at: u32) {
    out.push(0x41);
    super::bytes::put_signed(out, i64::from(at));
    out.push(0x0b);
}

/// Elements of table 0, or nothing for a list that only declares.
fn read_elements(reader: &mut Reader<'_>) -> Outcome<Option<Elements>> {
    let flags = reader.unsigned()?;
    match flags {
        0 => {
            let offset = read_offset(reader)?;
            Ok(Some(Elements { offset, functions: list(reader, Reader::index)? }))
        }
        other => Err(malformed(format!("a segment of elements is of kind {other}"))),
    }
}

fn read_segment(reader: &mut Reader<'_>) -> Outcome<Segment> {
    match reader.unsigned()? {
        0 => Ok(Segment { offset: read_offset(reader)?, bytes: reader.counted()?.to_vec() }),
        other => Err(malformed(format!("a segment of data is of kind {other}"))),
    }
}

fn put_limits(out: &mut Vec<u8>, limits: &Limits) {
    out.extend(limits.of);
    out.push(u8::from(limits.max.is_some()));
    put_unsigned(out, limits.min);
    if let Some(max) = limits.max {
        put_unsigned(out, max);
    }
}

fn put_section(out: &mut Vec<u8>, id: u8, bytes: Vec<u8>) {
    if !bytes.is_empty() {
        out.push(id);
        put_counted(out, &bytes);
    }
}

fn put_list<T>(out: &mut Vec<u8>, id: u8, items: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
    if items.is_empty() {
        return;
    }
    let mut section = Vec::new();
    put_unsigned(&mut section, items.len() as u64);
    items.iter().for_each(|item| put(&mut section, item));
    put_section(out, id, section);
}
