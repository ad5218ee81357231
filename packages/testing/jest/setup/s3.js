import { startServices } from '../services.js'

export default () => startServices('s3')
