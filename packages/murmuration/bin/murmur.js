#!/usr/bin/env node
import '@murmuration/node-peer/cli'
