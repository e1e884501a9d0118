//! Records: variable-length integers, sizes, bytes of batches, damaged batches, sequence numbers.

use serde_json::{Value, json};

use super::{Outcome, answers, check_file, compare, hex, unhex};
use highwater::kafka::record::varint::{self, VarintError};

fn text(value: &Value) -> &str {
    value.as_str().expect("the field is text")
}

#[test]
fn cases_varints() {
    check_file(
        "varints.json",
        |case, _| if case.get("read").is_some() { read_varint(case) } else { write_varint(case) },
    );
}

fn write_varint(case: &Value) -> Outcome {
    let value: i64 = text(&case["value"]).parse().expect("a 64-bit number");
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        hex(&bytes)
    };
    let mut actual = json!({
        "varlong": written(&|out| varint::write_varlong(value, out)),
        "varlongSize": varint::size_of_varlong(value),
        "unsignedVarlong": written(&|out| varint::write_unsigned_varlong(value as u64, out)),
        "unsignedVarlongSize": varint::size_of_unsigned_varlong(value as u64),
    });
    if let Ok(value) = i32::try_from(value) {
        actual["varint"] = json!(written(&|out| varint::write_varint(value, out)));
        actual["varintSize"] = json!(varint::size_of_varint(value));
        actual["unsignedVarint"] = json!(written(&|out| varint::write_unsigned_varint(value as u32, out)));
        actual["unsignedVarintSize"] = json!(varint::size_of_unsigned_varint(value as u32));
    }
    compare(&answers(case, &["value"]), &actual)
}

fn read_varint(case: &Value) -> Outcome {
    let bytes = unhex(text(&case["read"]));
    fn outcome<T: ToString>(left: &[u8], result: Result<T, VarintError>) -> Value {
        match result {
            Ok(value) => json!({"value": value.to_string(), "left": left.len()}),
            Err(error) => json!({"exception": error.exception(), "message": error.message()}),
        }
    }
    let read = |read: &dyn Fn(&mut &[u8]) -> Value| read(&mut &bytes[..]);
    let actual = json!({
        "varint": read(&|input| { let r = varint::read_varint(input); outcome(input, r) }),
        // Kafka reads into a Java int, which prints as signed.
        "unsignedVarint": read(&|input| { let r = varint::read_unsigned_varint(input); outcome(input, r.map(|v| v as i32)) }),
        "varlong": read(&|input| { let r = varint::read_varlong(input); outcome(input, r) }),
    });
    compare(&answers(case, &["read"]), &actual)
}
