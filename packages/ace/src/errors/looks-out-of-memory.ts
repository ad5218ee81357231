const signs = [
  // the C++ library, V8 and its array buffers
  /bad_alloc/i,
  /bad allocation/i,
  /out of memory/i,
  /buffer allocation failed/i,
  // ONNX Runtime's arena, on every device
  /failed to allocate memory/i,
  /available memory of \d+ is smaller than requested bytes/i,
  // cuBLAS and cuDNN
  /STATUS_ALLOC_FAILED/,
  /(HOST|DEVICE)_ALLOCATION_FAILED/,
]

/** True for the ways in which ONNX Runtime, CUDA and its libraries, the C++ library and V8 say that memory is used up. */
export const looksOutOfMemory = (text: string): boolean => signs.some((sign) => sign.test(text))
