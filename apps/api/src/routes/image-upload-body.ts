/** What the documentation shows as the body of an upload; the parts are read by `readUpload`. */
export const imageUploadBody = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'string', format: 'binary', description: 'PNG, JPEG or WebP' },
    purpose: {
      type: 'string',
      enum: ['image', 'mask'],
      default: 'image',
      description: 'A mask is stored as a grey PNG: white = edit here.',
    },
  },
}
