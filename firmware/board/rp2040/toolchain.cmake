# SPDX-License-Identifier: BSD-2-Clause
# A Cortex-M0+ without an operating system: cmake -DCMAKE_TOOLCHAIN_FILE=this
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m0plus)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_ASM_COMPILER arm-none-eabi-gcc)
set(CMAKE_OBJCOPY arm-none-eabi-objcopy)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # nothing links without a board

# No C library: the compiler's own headers, and the few of libc/.  Whether the
# machine has a C library for this chip makes no difference.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
    OUTPUT_VARIABLE headers OUTPUT_STRIP_TRAILING_WHITESPACE)
set(CMAKE_ASM_FLAGS_INIT "-mcpu=cortex-m0plus -mthumb")
set(CMAKE_C_FLAGS_INIT "${CMAKE_ASM_FLAGS_INIT} -ffreestanding -nostdinc")
string(APPEND CMAKE_C_FLAGS_INIT
    " -isystem \"${CMAKE_CURRENT_LIST_DIR}/libc\" -isystem \"${headers}\"")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostdlib -Wl,--build-id=none")
