import { readFile } from 'node:fs/promises'

/** A tensor of a file, as float32. */
export interface StoredTensor {
  data: Float32Array
  shape: number[]
}

/** A safetensors file that has been read into memory. */
export interface TensorFile {
  metadata: Record<string, string>
  has(name: string): boolean
  /** @throws Error when there is no such tensor, or its type cannot be read */
  get(name: string): StoredTensor
}

interface Entry {
  dtype: string
  shape: number[]
  data_offsets: [number, number]
}

const readers: Record<string, { bytes: number; read(view: DataView, at: number): number }> = {
  F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  U8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, read: (view, at) => view.getUint8(at) },
}

/**
 * Reads a safetensors file: a little-endian 64-bit length, that many bytes of JSON, then the data.
 *
 * @throws Error when it is not one
 */
export async function readSafetensors(path: string): Promise<TensorFile> {
  const bytes = await readFile(path)
  const length = bytes.length < 8 ? NaN : Number(bytes.readBigUInt64LE(0))
  if (!(length <= bytes.length - 8)) throw new Error(`${path} is not a safetensors file`)
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, Entry>
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, Entry> & {
    __metadata__?: Record<string, string>
  }
  return {
    metadata: metadata as Record<string, string>,
    has: (name) => Object.hasOwn(entries, name),
    get(name) {
      const entry = entries[name]
      if (!entry) throw new Error(`${path} has no tensor ${name}`)
      const reader = readers[entry.dtype]
      if (!reader) throw new Error(`${path}: ${name} is of type ${entry.dtype}, which is not read here`)
      const size = entry.shape.reduce((product, side) => product * side, 1)
      const [start, end] = entry.data_offsets
      if (end - start !== size * reader.bytes || 8 + length + end > bytes.length)
        throw new Error(`${path}: ${name} is cut short`)
      const view = new DataView(bytes.buffer, bytes.byteOffset + 8 + length + start, end - start)
      return {
        data: Float32Array.from({ length: size }, (_, index) => reader.read(view, index * reader.bytes)),
        shape: entry.shape,
      }
    },
  }
}
