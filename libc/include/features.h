/* Every declaration is always visible; this header exists for programs that include it. */
#ifndef CLOCKHAND_FEATURES_H
#define CLOCKHAND_FEATURES_H
#endif
