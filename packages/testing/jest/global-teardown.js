import { stopServices } from './services.js'

export default stopServices
