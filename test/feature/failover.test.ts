import test from 'ava'
import { features } from './features.ts'
import { failedOver } from './survive.ts'

for (const feature of features)
  test.serial(`${feature.rows}: ${feature.name}, through a failover`, t => failedOver(t, feature))
