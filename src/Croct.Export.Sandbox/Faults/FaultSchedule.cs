using Croct.Export.Sandbox.Data;
using Microsoft.AspNetCore.Http;

namespace Croct.Export.Sandbox.Faults;

/// <summary>Decides which faults hit which request.</summary>
internal sealed class FaultSchedule(IReadOnlyList<SandboxFault> faults, int seed, TimeProvider time)
{
    private readonly SandboxFault[] _faults = [.. faults];
    private readonly long[] _hits = new long[faults.Count];

    /// <summary>Whether any fault changes pages.</summary>
    public bool ChangesPages => Array.Exists(_faults, fault => fault.Kind.Shape is not null || fault.Kind.Change is not null);

    /// <summary>
    /// The faults with a step that hit a request. Enumerating a fault counts it as a hit and adds it to the log entry of the request.
    /// </summary>
    public IEnumerable<FaultHit> Take(SandboxRequest request, HttpContext context, Func<FaultKind, bool> hasStep)
    {
        for (var place = 0; place < _faults.Length; place++)
        {
            var fault = _faults[place];
            if (!hasStep(fault.Kind) || !fault.IsDue(request.Number, context.Request.Path.Value ?? "", seed, place)) continue;
            lock (_hits)
            {
                if (_hits[place] == fault.Times) continue;
                _hits[place]++;
            }

            request.Faults = [.. request.Faults, fault.Name];
            yield return new FaultHit(fault, place, context, Draw.Of(seed + place, Purpose.Fault, ~request.Number), time);
        }
    }

    /// <summary>Undoes the latest hit, which had no effect.</summary>
    public void TakeBack(SandboxRequest request, FaultHit hit)
    {
        lock (_hits) _hits[hit.Index]--;
        request.Faults = [.. request.Faults.SkipLast(1)];
    }
}
