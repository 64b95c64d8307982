/* Words and formats of the one locale, "C" (POSIX.1-2017, 7.3). Those of a kind have numbers in a row. */
#include <langinfo.h>
#include <stddef.h>

/* From ABDAY_1 on. */
static const char *const words[] = {
    "Sun",
    "Mon",
    "Tue",
    "Wed",
    "Thu",
    "Fri",
    "Sat",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "AM",
    "PM",
    "%a %b %e %H:%M:%S %Y",
    "%m/%d/%y",
    "%H:%M:%S",
    "%I:%M:%S %p",
};

/* What there is no word for is empty. */
char *nl_langinfo(nl_item item)
{
    size_t word = (size_t)item - ABDAY_1;

    if (word < sizeof words / sizeof words[0])
        return (char *)words[word];
    switch (item) {
    case CODESET:
        return "ISO-8859-1";
    case RADIXCHAR:
        return ".";
    case YESEXPR:
        return "^[yY]";
    case NOEXPR:
        return "^[nN]";
    default:
        return "";
    }
}
