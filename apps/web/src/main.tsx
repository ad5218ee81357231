import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { redirectOldAddress } from './app/address.js'
import { App } from './app/app.js'
import './theme/tokens.css'
import './theme/base.css'

redirectOldAddress()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
