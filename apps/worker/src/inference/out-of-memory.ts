const signs = [
  /std::bad_alloc/i, /bad allocation/i, /out of memory/i, /failed to allocate memory/i, /CUBLAS_STATUS_ALLOC_FAILED/,
]

/** True for the ways in which ONNX Runtime, CUDA, the C++ library and V8 say that memory is used up. */
export const looksOutOfMemory = (text: string): boolean => signs.some((sign) => sign.test(text))
