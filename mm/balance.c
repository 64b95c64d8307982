/*
 * The balance set. See balance.h.
 */
#include "mm/balance.h"

enum {
    PATIENT = 4,     /* turns until a process comes in whatever memory looks like */
    SMALL_SHARE = 8, /* of memory: less is no rival */
};
#define AT_WORK_NS ((uint64_t)100 * 1000 * 1000) /* since one of its threads has last had something to do */

void balance_begin(struct balance *balance, const struct balance_rules *rules, const struct balance_memory *memory)
{
    *balance = (struct balance){.rules = *rules, .memory = *memory};
}

static void note_out(struct balance *balance, const struct balance_process *process)
{
    balance->exile = *process;
    if (process->asleep_ns != 0)
        return;
    struct balance_process *place = process->left_asleep ? &balance->woken : &balance->returner;
    if (place->who == NULL || process->there_ns > place->there_ns)
        *place = *process;
}

/* One that would not come to rest counts as come in at that moment: for a turn others have precedence. */
static void note_sleeper(struct balance *balance, const struct balance_process *process)
{
    uint64_t turn = balance->rules.turn_ns;
    if (process->there_ns >= turn && process->asleep_ns >= turn && process->asleep_ns > balance->sleeper.asleep_ns)
        balance->sleeper = *process;
}

static void note_at_work(struct balance *balance, const struct balance_process *process)
{
    if (process->pages < balance->memory.frames / SMALL_SHARE)
        return;
    balance->at_work++;
    if (process->fixed || process->there_ns < balance->rules.turn_ns || process->pages > balance->memory.room)
        return;
    if (process->pages > balance->largest.pages)
        balance->largest = *process;
    if (balance->oldest.who == NULL || process->there_ns > balance->oldest.there_ns)
        balance->oldest = *process;
}

void balance_add(struct balance *balance, const struct balance_process *process)
{
    if (process->out)
        note_out(balance, process);
    else if (process->asleep_ns < AT_WORK_NS)
        note_at_work(balance, process);
    else if (!process->fixed && process->pages <= balance->memory.room)
        note_sleeper(balance, process);
}

/* Somebody waits to come in: whether it does, or another one makes room. */
static enum balance_action return_choose(const struct balance *balance, struct balance_process *process)
{
    const struct balance_memory *memory = &balance->memory;
    uint64_t turn = balance->rules.turn_ns, waited = balance->returner.there_ns;
    *process = balance->returner;
    if (balance->at_work == 0 || waited >= PATIENT * turn)
        return BALANCE_BRING_IN;
    if (waited < turn)
        return BALANCE_STAY;
    if (memory->free >= balance->returner.pages + memory->lotsfree)
        return BALANCE_BRING_IN;
    *process = balance->oldest;
    return process->who != NULL ? BALANCE_TAKE_OUT : BALANCE_STAY;
}

enum balance_action balance_choose(const struct balance *balance, struct balance_process *process)
{
    bool off = balance->rules.patience_ns == 0;
    *process = off ? balance->exile : balance->woken;
    if (process->who != NULL)
        return BALANCE_BRING_IN;
    enum balance_action action = BALANCE_STAY;
    if (balance->returner.who != NULL)
        action = return_choose(balance, process);
    if (action != BALANCE_STAY || off || balance->memory.short_ns < balance->rules.patience_ns)
        return action;
    *process = balance->sleeper;
    if (process->who != NULL)
        return BALANCE_TAKE_OUT;
    *process = balance->largest;
    return process->who != NULL && balance->at_work > 1 ? BALANCE_TAKE_OUT : BALANCE_STAY;
}
