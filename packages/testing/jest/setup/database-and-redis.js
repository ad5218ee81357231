import { startServices } from '../services.js'

export default () => startServices('database', 'redis')
