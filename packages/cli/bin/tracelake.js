#!/usr/bin/env node
// npm links a command at install time, when the build that it runs may not be there yet.
import "../dist/bin.js";
