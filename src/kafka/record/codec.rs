//! Codecs of batches: gzip, snappy in the framing of the Java library, LZ4 frames, Zstandard.

use std::io::{Read, Write};

use flate2::{Decompress, FlushDecompress, Status};

use super::checksum::crc32;
use super::{Compression, InvalidRecord};

/// What a stream gave before it ended or broke.
pub(super) struct Decompressed {
    pub bytes: Vec<u8>,
    /// The exception that reading beyond `bytes` throws.
    pub failure: Option<InvalidRecord>,
}

impl Decompressed {
    fn whole(bytes: Vec<u8>) -> Self {
        Decompressed { bytes, failure: None }
    }

    fn broken(bytes: Vec<u8>, failure: InvalidRecord) -> Self {
        Decompressed { bytes, failure: Some(failure) }
    }
}

/// Snappy framing of the Java library: magic, version 1, lowest compatible version 1.
const XERIAL_HEADER: [u8; 16] = *b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01";
const XERIAL_BLOCK: usize = 32 * 1024;

/// Compresses the records of a batch with the codec's default level.
pub(super) fn compress(codec: Compression, plain: &[u8]) -> Vec<u8> {
    match codec {
        Compression::None => plain.to_vec(),
        Compression::Gzip => {
            let header = flate2::GzBuilder::new().operating_system(255);
            let mut encoder = header.write(Vec::new(), flate2::Compression::default());
            encoder.write_all(plain).expect("writing to a vector cannot fail");
            encoder.finish().expect("writing to a vector cannot fail")
        }
        Compression::Snappy => snappy_compress(plain),
        Compression::Lz4 => {
            let frame = lz4_flex::frame::FrameInfo::new()
                .block_size(lz4_flex::frame::BlockSize::Max64KB)
                .block_mode(lz4_flex::frame::BlockMode::Independent);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(frame, Vec::new());
            encoder.write_all(plain).expect("writing to a vector cannot fail");
            encoder.finish().expect("writing to a vector cannot fail")
        }
        Compression::Zstd => ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

fn snappy_compress(plain: &[u8]) -> Vec<u8> {
    let mut out = XERIAL_HEADER.to_vec();
    let mut encoder = snap::raw::Encoder::new();
    for block in plain.chunks(XERIAL_BLOCK) {
        let packed = encoder.compress_vec(block).expect("a block is far below the limit of the format");
        out.extend((packed.len() as u32).to_be_bytes());
        out.extend(packed);
    }
    out
}

/// Decompresses the records of a batch. An error here is one of opening the stream; a stream that breaks later gives
/// what came before.
pub(super) fn decompress(codec: Compression, packed: &[u8]) -> Result<Decompressed, InvalidRecord> {
    match codec {
        Compression::None => Ok(Decompressed::whole(packed.to_vec())),
        Compression::Gzip => gunzip(packed),
        Compression::Snappy => snappy_decompress(packed),
        Compression::Lz4 => Ok(read_stream(lz4_flex::frame::FrameDecoder::new(packed))),
        Compression::Zstd => match ruzstd::decoding::StreamingDecoder::new(packed) {
            Ok(decoder) => Ok(read_stream(decoder)),
            Err(error) => {
                Ok(Decompressed::broken(Vec::new(), InvalidRecord::of("IOException", Some(error.to_string()))))
            }
        },
    }
}

fn read_stream(mut stream: impl Read) -> Decompressed {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => Decompressed::whole(bytes),
        Err(error) => Decompressed::broken(bytes, InvalidRecord::of("IOException", Some(error.to_string()))),
    }
}

/// A `KafkaException` around the exception that opening a stream threw.
fn cannot_open(package: &str, exception: &'static str, text: Option<&str>) -> InvalidRecord {
    let message = match text {
        Some(text) => format!("{package}.{exception}: {text}"),
        None => format!("{package}.{exception}"),
    };
    let cause = InvalidRecord::of(exception, text.map(str::to_string));
    InvalidRecord::of("KafkaException", Some(message)).caused_by(cause)
}

fn gunzip(packed: &[u8]) -> Result<Decompressed, InvalidRecord> {
    let body = gzip_header(packed)?;
    let mut inflater = Decompress::new(false);
    let mut bytes = Vec::with_capacity(body.len() * 4);
    let zip = |text: &str| InvalidRecord::of("ZipException", Some(text.to_string()));
    let cut = |text: &str| InvalidRecord::of("EOFException", Some(text.to_string()));
    loop {
        bytes.reserve(8 * 1024);
        let read = inflater.total_in() as usize;
        let before = bytes.len();
        match inflater.decompress_vec(&body[read..], &mut bytes, FlushDecompress::None) {
            Ok(Status::StreamEnd) => break,
            Ok(_) if inflater.total_in() as usize == body.len() && bytes.len() == before => {
                return Ok(Decompressed::broken(bytes, cut("Unexpected end of ZLIB input stream")));
            }
            Ok(_) => {}
            Err(error) => return Ok(Decompressed::broken(bytes, zip(&error.to_string()))),
        }
    }
    let trailer = &body[inflater.total_in() as usize..];
    let Some(trailer) = trailer.get(..8) else {
        return Ok(Decompressed::broken(bytes, InvalidRecord::of("EOFException", None)));
    };
    let mut expected = crc32(&bytes).to_le_bytes().to_vec();
    expected.extend((bytes.len() as u32).to_le_bytes());
    if trailer == expected {
        // Whatever follows is no second member, and Java's reader ignores it.
        return Ok(Decompressed::whole(bytes));
    }
    Ok(Decompressed::broken(bytes, zip("Corrupt GZIP trailer")))
}

/// Checks a gzip header as `GZIPInputStream` does and returns what follows it.
fn gzip_header(packed: &[u8]) -> Result<&[u8], InvalidRecord> {
    const ZIP: (&str, &str) = ("java.util.zip", "ZipException");
    let end = || cannot_open("java.io", "EOFException", None);
    let zip = |text| cannot_open(ZIP.0, "ZipException", Some(text));
    let byte = |index: usize| packed.get(index).copied().ok_or_else(end);
    if [byte(0)?, byte(1)?] != [0x1f, 0x8b] {
        return Err(zip("Not in GZIP format"));
    }
    if byte(2)? != 8 {
        return Err(zip("Unsupported compression method"));
    }
    let flags = byte(3)?;
    byte(9)?;
    let mut next = 10;
    if flags & 4 != 0 {
        next += 2 + usize::from(u16::from_le_bytes([byte(next)?, byte(next + 1)?]));
    }
    for text_flag in [8, 16] {
        if flags & text_flag != 0 {
            while byte(next)? != 0 {
                next += 1;
            }
            next += 1;
        }
    }
    if flags & 2 != 0 {
        let stored = u16::from_le_bytes([byte(next)?, byte(next + 1)?]);
        if stored != crc32(&packed[..next]) as u16 {
            return Err(zip("Corrupt GZIP header"));
        }
        next += 2;
    }
    packed.get(next..).ok_or_else(end)
}

fn snappy_decompress(packed: &[u8]) -> Result<Decompressed, InvalidRecord> {
    let mut decoder = snap::raw::Decoder::new();
    let broken = |bytes, error: snap::Error| {
        Decompressed::broken(bytes, InvalidRecord::of("SnappyIOException", Some(error.to_string())))
    };
    if packed.is_empty() {
        return Err(cannot_open(
            "org.xerial.snappy",
            "SnappyIOException",
            Some("[EMPTY_INPUT] Cannot decompress empty stream"),
        ));
    }
    let Some(mut rest) = packed.strip_prefix(&XERIAL_HEADER) else {
        // Without the framing the whole is one block.
        return Ok(match decoder.decompress_vec(packed) {
            Ok(bytes) => Decompressed::whole(bytes),
            Err(error) => broken(Vec::new(), error),
        });
    };
    let mut bytes = Vec::new();
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let Some(block) = after.get(..u32::from_be_bytes(*size) as usize) else {
            let cut = InvalidRecord::of("SnappyIOException", Some("failed to read chunk".to_string()));
            return Ok(Decompressed::broken(bytes, cut));
        };
        match decoder.decompress_vec(block) {
            Ok(plain) => bytes.extend(plain),
            Err(error) => return Ok(broken(bytes, error)),
        }
        rest = &after[block.len()..];
    }
    Ok(Decompressed::whole(bytes))
}
