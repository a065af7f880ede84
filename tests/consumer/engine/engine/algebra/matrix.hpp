// The host's own header, of a name that the library has too.
#pragma once

inline constexpr int host_rows = 2;
