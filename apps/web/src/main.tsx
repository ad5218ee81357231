import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { redirectOldAddress } from './app/address.js'
import { keepFocus } from './app/keep-focus.js'
import { App } from './app/app.js'
import './theme/tokens.css'
import './theme/base.css'

redirectOldAddress()
keepFocus()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
