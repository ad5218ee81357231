import { startServices } from '../services.js'

export default () => startServices('database', 'redis', 's3', 'browser')
