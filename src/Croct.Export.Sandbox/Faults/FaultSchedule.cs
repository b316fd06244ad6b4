using Croct.Export.Sandbox.Data;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Which faults hit which request.</summary>
internal sealed class FaultSchedule(SandboxOptions options)
{
    private readonly SandboxFault[] _faults = [.. options.Faults];
    private readonly long[] _hits = new long[options.Faults.Count];

    public IReadOnlyList<FaultHit> For(long request, HttpContext context)
    {
        if (_faults.Length == 0) return [];
        var hits = new List<FaultHit>();
        for (var place = 0; place < _faults.Length; place++)
        {
            var fault = _faults[place];
            if (!fault.IsDue(request, context.Request.Path.Value ?? "", options.Seed, place)) continue;
            if (Interlocked.Increment(ref _hits[place]) > fault.Times) continue;
            hits.Add(new FaultHit(fault, context, Draw.Of(options.Seed + place, Purpose.Fault, ~request), options.TimeProvider));
        }

        return hits;
    }
}
