#pragma once

// Card numbers are told from other numbers by the kernel, which refuses them at the door.
#include "kernel/base/card_number.hpp"
