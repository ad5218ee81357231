/** A framed picture, in the colour of the text around it. */
export function PictureIcon() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" strokeWidth="1.7" aria-hidden>
      <rect x="3.5" y="4.5" width="17" height="15" rx="3" />
      <path d="m4 16 4.5-4.5 4 4 3-3 4.5 4.5" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="15.5" cy="9" r="1.4" />
    </svg>
  )
}
