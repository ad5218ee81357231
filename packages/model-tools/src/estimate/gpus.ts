/** What a GPU's data sheet says. */
export interface Gpu {
  name: string
  /** As `nvidia-smi` writes its name. */
  known: RegExp
  /** Dense float16 products with float32 sums, operations a second. */
  flops: number
  /** Bytes a second of its memory. */
  memory: number
  /** Bytes a second of its bus, one way. */
  bus: number
}

const [tera, giga] = [1e12, 1e9]

/** GPUs by the name on the command line, with NVIDIA's published rates (without sparsity). */
export const gpus = {
  h200: { name: 'H200 SXM', known: /H200/, flops: 989 * tera, memory: 4800 * giga, bus: 63 * giga },
  h100: { name: 'H100 SXM', known: /H100/, flops: 989 * tera, memory: 3350 * giga, bus: 63 * giga },
  a100: { name: 'A100 80GB SXM', known: /A100/, flops: 312 * tera, memory: 2039 * giga, bus: 31 * giga },
  l4: { name: 'L4', known: /\bL4\b/, flops: 121 * tera, memory: 300 * giga, bus: 31 * giga },
  4090: { name: 'GeForce RTX 4090', known: /4090/, flops: 165 * tera, memory: 1008 * giga, bus: 31 * giga },
} satisfies Record<string, Gpu>

/** Name of a GPU on the command line. */
export type GpuName = keyof typeof gpus
