/** A field of a protobuf message: varints are numbers, everything else is bytes. */
export interface Field {
  readonly number: number;
  readonly value: number | Buffer;
}

/** The fields of a message in their order (protobuf.dev, "Encoding"). Throws RangeError where it is cut off. */
export function* readFields(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError("The message is cut off");
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: bytes(8) };
        break;
      case 2:
        yield { number, value: bytes(varint()) };
        break;
      case 5:
        yield { number, value: bytes(4) };
        break;
      default:
        throw new RangeError(`Wire type ${key % 8} is not known`);
    }
  }
}

/** A field of bytes, written. */
export function bytesField(number: number, value: Buffer): Buffer {
  const length: number[] = [];
  let rest = value.length;
  do {
    length.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), value]);
}
