/**
 * Floating-point operations of the published VAE's decoder, its convolutions and its one attention; the encoder needs about
 * half of them.
 */
export function vaeFlops({ width, height }: { width: number; height: number }): number {
  const area = (width * height) / 64
  let [flops, pixels, channels] = [0, area, 512]
  const convolve = (from: number, to: number): void => void (flops += 2 * 9 * from * to * pixels)
  const block = (from: number, to: number): void => {
    convolve(from, to)
    convolve(to, to)
    if (from !== to) flops += 2 * from * to * pixels
  }
  convolve(4, 512)
  block(512, 512)
  flops += 2 * 4 * 512 * 512 * area + 4 * 512 * area * area
  block(512, 512)
  for (const [level, out] of [512, 512, 256, 128].entries()) {
    for (let i = 0; i < 3; i++) block(i === 0 ? channels : out, out)
    channels = out
    if (level === 3) break
    pixels *= 4
    convolve(out, out)
  }
  convolve(128, 3)
  return flops
}
