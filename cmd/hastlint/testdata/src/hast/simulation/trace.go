package simulation

import _ "os"
